/** How a language model works, told in conversation. */
export const models = `
语言模型是怎么写字的？
它一次只猜一个字，猜完再猜下一个。
它怎么知道猜哪个？
它看前面的字，给每个可能的字打一个分。

什么是词元？
模型读的最小一块文字，可以是一个字，也可以是半个单词。
那“春天”是几个词元？
如果一个字一个词元，就是两个。

温度是什么意思？
温度低，它总选最有把握的字；温度高，它更敢冒险。
写诗的时候用多高？
零点八左右，太高就说胡话了。

什么叫损失？
模型对正确的下一个字有多吃惊。
损失越小越好吗？
是，可是也要看没见过的文字上的损失。

为什么要留一部分文字不训练？
好比考试不能考做过的原题。
做过的题都对，只说明记性好。
对，新题也对，才是学会了。

梯度是什么？
它指着让损失变大的方向。
那我们怎么走？
往相反的方向，走一小步。

学习率太大会怎样？
一步跨过山谷，跳到对面的山坡上。
太小呢？
走到天黑也到不了谷底。

注意力是怎么回事？
每个字都回头看前面的字，决定该听谁的。
“它”字会看谁？
多半会看前面的那只猫。

什么是过拟合？
把练习册背下来了，换一本就不会。
怎么办？
多找些文字，或者把模型变小。

嵌入是什么？
给每个字一排数字，像它在地图上的位置。
意思相近的字住得近吗？
训练久了，就会搬到一起。

训练要多少步？
先走一千步，看看损失还降不降。
还在降呢？
那就再走一千步。

模型真的懂我的话吗？
它懂得字和字怎样接在一起。
这算懂吗？
这个问题，人们还在吵。

为什么它有时候会说错？
因为它只求说得像，不会自己去查对不对。
所以我要再查一查。
对，重要的事都要查。

种子是什么？
随机数从哪里开始。种子一样，结果就一样。
那我用四十二。
很多人都用四十二。

上下文长度是什么？
模型一次能看见多少个字。
再早的字呢？
它就看不见了，像从窗边走过去的人。

保存点有什么用？
停电了，可以从上次存下的地方接着训练。
像书签一样？
对，一个有几百万个数字的书签。

我的小模型只会说“的的的的”。
它刚开始训练吧？这是最常见的字。
再等等会好吗？
会，先学会字，再学会词，最后学会断句。

How does a language model write?
It looks at the text so far and picks the next token.
Only one?
Only one. Then it looks again.

What is a token?
A small piece of text: a letter, a word or a part of a word.

What is a bigram model?
It looks at one character and guesses the next.
Does it remember the one before?
No. It has the memory of a goldfish.

What does "loss" mean?
It measures how surprised the model is by the right answer.
So zero would be no surprise at all?
Yes, and real text always keeps some surprise.

What does a transformer do?
Each token asks the earlier ones a question and mixes the answers.
And after that?
Each token thinks alone for a moment. Then they ask again.

Why do we split the data?
One part to learn from, one part to be honest with.

What is the learning rate?
The size of each step downhill.
How do I choose it?
Start small, and watch the loss.

My loss is "not a number".
The steps were too big, and the model fell off the hill.
What should I do?
Lower the learning rate and clip the gradient.

What is temperature?
Low, and the model is careful. High, and it is bold.
And at zero?
It always says the likeliest thing.

What does top-k do?
It keeps the k best guesses and throws the rest away.
Why throw them away?
A thousand unlikely guesses add up to a strange one.

What is an embedding?
A row of numbers that stands for a token.
Who chooses the numbers?
Nobody. Training moves them, a little at a time.

Can I train a model on my own diary?
Yes, on this very machine, and nothing leaves it.
Will it sound like me?
A little. Mostly it will sound like you half asleep.

How many parameters do I need?
For a small poem, a million will do.
And for everything in the world?
Nobody has counted that high yet.

Why does the first loss look like that?
At first every character is equally likely.
So it is the logarithm of how many there are.
Exactly. If yours is far from that, look for a bug.
`;
