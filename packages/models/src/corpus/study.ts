/** Learning, homework, books and patience. */
export const study = `
作业写完了吗？
还差最后一道题。
哪一道？我们一起看看。
就是画图的这道，我不知道从哪儿开始。
先画一条直线，别的会自己跟上来。

我总是记不住单词。
每天记十个，第二天先复习再学新的。
忘了怎么办？
忘了就再记一次，第三次就牢了。

明天考试，我好紧张。
把难题放一放，先睡个好觉。
要是考不好呢？
一次考试说明不了什么。

图书馆几点关门？
晚上九点，周末是五点。
那我现在就去，还能看两个小时。

你在读什么书？
一本讲星星的书，读到黑洞了。
黑洞真的是黑的吗？
连光都跑不出来，所以看起来是黑的。

老师，这个问题我想不明白。
没关系，你想到哪一步了？
想到第二步就卡住了。
能说清楚卡在哪里，就已经懂了一半。

学习的时候总想看手机。
把手机放在另一个房间里。
那我有事怎么办？
二十五分钟以后再去看。

为什么要做笔记？
因为写一遍，比看三遍记得住。
我的字太难看了。
自己看得懂就行。

这本书你看了几遍？
三遍。第一遍看故事，第二遍看人，第三遍看自己。

我想学钢琴，会不会太晚了？
种树最好的时候是十年前，其次是现在。
那我今天就去报名。

怎样才能写好作文？
先写你真的见过的东西。
我什么特别的都没见过。
你早上见过的那碗面，就可以写一页。

老师夸我了！
为什么夸你？
因为我问了一个她也答不上来的问题。
问得好，比答得快更难。

你每天学习多久？
一个小时，但是每天都学。
一个小时够吗？
一年就是三百六十五个小时。

读书有什么用？
好像没什么用，可是读着读着，你会慢慢变成另一个人。
是更好的人吗？
至少是更有耐心的人。

I can't solve this problem.
What have you tried so far?
I tried to guess the answer.
Let's write down what we know instead.

How do you remember so much?
I explain it to my dog every evening.
Does the dog understand?
No, but I do.

Is it all right to make mistakes?
A mistake is a question that your work asks you.

When is the exam?
Next Monday at nine.
Then we have five days. One chapter a day.

What is the best way to learn a skill?
Do a small piece of it every day.
And on bad days?
Do a smaller piece.

I read the page, but nothing stayed.
Close the book and say it in your own words.
I can only say half.
Then you know which half to read again.

Can I borrow your notes?
Sure, but my handwriting is terrible.
I will treat it as a puzzle.

My teacher says I ask too many questions.
Ask one more: ask her which ones were good.

What are you reading?
A book about whales.
Is it long?
As long as a whale.

Do you study better in the morning or at night?
In the morning my head is clean.
Mine is still asleep in the morning.
`;
