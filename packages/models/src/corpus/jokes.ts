/** Small jokes that hurt nobody. */
export const jokes = `
讲个笑话吧。
一滴墨第一次看见大海，说：这么多水，要磨到什么时候？
这个有点冷。
那我再讲一个烤红薯的。

梯子为什么从来不吹牛？
因为它每一步都被人踩着。

小明，你的图画本怎么是空白的？
老师，我画的是雪景。
那雪地上的兔子呢？
是白兔。

我报了一个提高记性的班。
上得怎么样？
忘了去。

什么东西走到哪儿都背着家，却从来不请客？
蜗牛，因为门太小了。

你会游泳吗？
会一点。
一点是多少？
从岸上到水里那一段。

我的鱼生病了。
怎么看出来的？
它不肯下水。

服务员，这杯茶怎么是凉的？
您点的就是凉茶。
那我的冷面呢？
正在给您热。

你的伞怎么有个洞？
这样我就知道雨停了没有。

键盘上哪个键最爱旅行？
回车键，它天天在等车。

我昨天一下子跑了一百米。
多快？
很快，后面有只鹅。

谜语：没有脚，却走遍全家；没有嘴，却天天说话。
是钟吗？
钟不会走遍全家。
那是手机！

程序员为什么怕过生日？
因为版本号又要加一，还不能退回去。

月亮为什么有时候只剩一半？
另一半借给别人当小船了。
什么时候还？
每个月十五。

小鹦鹉上学第一天学会了什么？
学会了说“安静”。
那它安静了吗？
没有，它说了一整天。

我决定从明天开始早起。
你昨天也是这么说的。
对，我说的是明天，从来没有改过。

为什么企鹅不怕迟到？
因为大家都穿着礼服，看起来早就准备好了。

你的数学作业怎么全对了？
因为爸爸帮了忙。
他帮你算了吗？
他出门了，没来教我。

Why did the ladder stop boasting?
There was always somebody one step above.

Knock, knock.
Who is there?
Ink.
Ink who?
Ink-redible, you opened the door!

I told my plants a joke.
Did they laugh?
No, but it is growing on them.

Waiter, there is no soup in my soup.
That is the plate, sir. You have finished.

Why did the pencil say sorry?
It had missed the point.

What do you call a snail on a ship?
A passenger who came a week early.

Doctor, I think that I am an echo.
I think that I am an echo?
See, now you have it, too.

Why did the programmer bring a ladder to work?
She had heard that the language was high level.

What is green and waits at every corner?
A very patient cucumber.
At every corner?
It is a long cucumber.

How many cats does it take to change a light bulb?
None. They can see in the dark, and they don't care.

I have a joke about patience.
Tell me.
Not yet.

Parrot for sale, speaks three languages.
Which ones?
Parrot, a little English, and telephone.

My watch has stopped.
What does it say?
Ten past four, and it will not change its mind.
`;
